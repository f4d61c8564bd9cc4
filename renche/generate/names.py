"""Names of invented people and companies.

Surnames are drawn by their share of China's registered population (Ministry of Public Security, reports on
names; per ten thousand, rounded); given names from common ones of three generations and from composed ones.
"""

from random import Random

from renche.generate.draw import spread

SURNAMES = spread(
    {
        "王": 725, "李": 719, "张": 683, "刘": 538, "陈": 453, "杨": 308, "黄": 225, "赵": 229, "吴": 205,
        "周": 197, "徐": 145, "孙": 135, "马": 126, "朱": 124, "胡": 114, "郭": 112, "何": 107, "林": 103,
        "高": 100, "罗": 95, "郑": 93, "梁": 84, "谢": 76, "宋": 74, "唐": 70, "许": 67, "韩": 68, "邓": 65,
        "冯": 64, "曹": 61, "彭": 60, "曾": 59, "肖": 58, "田": 56, "董": 55, "潘": 51, "袁": 50, "蔡": 48,
        "蒋": 47, "余": 46, "于": 45, "杜": 44, "叶": 43, "程": 42, "魏": 41, "苏": 41, "吕": 40, "丁": 39,
        "任": 38, "卢": 37, "姚": 36, "沈": 35, "钟": 34, "姜": 34, "崔": 33, "谭": 32, "陆": 31, "范": 30,
        "汪": 29, "廖": 29, "石": 28, "金": 27, "韦": 27, "贾": 26, "夏": 26, "付": 25, "方": 25, "邹": 24,
        "熊": 24, "白": 23, "孟": 23, "秦": 22, "邱": 22, "侯": 21, "江": 21, "尹": 20, "薛": 20, "闫": 19,
        "段": 19, "雷": 18, "龙": 18, "黎": 18, "史": 17, "陶": 17, "贺": 17, "毛": 16, "郝": 16, "顾": 16,
        "龚": 15, "邵": 15, "万": 15, "覃": 14, "武": 14, "钱": 14, "戴": 13, "严": 13, "欧阳": 8, "上官": 1,
    }
)  # fmt: skip


def words(text: str) -> tuple[str, ...]:
    """The words of a text: long tables read better as one."""
    return tuple(text.split())


# For each gender: born before 1970, before 1992, later.
_COMMON = {
    "male": (
        words("建国 建华 国强 志强 建军 德明 永福 文华 志明 国平 玉林 正明 福生 立新 春生 学军 军 平"),
        words("伟 强 磊 勇 涛 超 杰 鹏 波 斌 辉 俊 浩 凯 健 亮 峰 宁 海涛 志伟 建平 晓东 俊杰 文杰"),
        words("浩然 子轩 宇轩 子涵 俊熙 博文 天宇 思远 嘉豪 梓豪 一鸣 宇航 泽宇 明轩 睿 晨 昊 鑫"),
    ),
    "female": (
        words("秀英 桂英 秀兰 玉兰 桂兰 秀珍 凤英 玉梅 淑珍 淑英 桂芳 素珍 月英 玉珍 红 梅 芳 英"),
        words("静 丽 敏 艳 娟 霞 芳 燕 玲 婷 娜 丹 洁 琳 颖 慧 莉 雪 晓燕 丽娟 海燕 红梅 雪梅 丽萍"),
        words("欣怡 梓涵 诗涵 雨桐 佳怡 思雨 雨欣 子萱 一诺 梦瑶 可欣 语嫣 佳琪 若曦 雅婷 悦 瑶 萌"),
    ),
}
_FIRST = {
    "male": "志建文国海晓永俊明家立宏少德学金卫广振启",
    "female": "晓丽雪海春秀文玉雅思佳美婉淑慧若梦诗云素",
}
_SECOND = {
    "male": "伟强华明军平辉峰波龙涛林飞鹏东杰斌宇辰锋",
    "female": "娟芳燕玲霞萍红英梅琴莹颖婷敏云洁蓉妍娜静",
}

_WORDS = words("恒远 鼎盛 华瑞 中泰 金汇 盛和 联创 宏图 新锐 天启 博雅 通达 万顺 众诚 瑞丰")
_TRADES = words("物流 建筑工程 科技 商贸 餐饮管理 汽车租赁 物业服务 农业发展 文化传媒 医疗器械")


def given_name(chance: Random, gender: str, birth_year: int) -> str:
    """A given name that suits the gender and the years in which its bearer was born."""
    r = chance.random
    if r() < 0.45:
        common = _COMMON[gender][0 if birth_year < 1970 else 1 if birth_year < 1992 else 2]
        return common[int(r() * len(common))]
    return _FIRST[gender][int(r() * 20)] + _SECOND[gender][int(r() * 20)]


def company_name(chance: Random, city: str) -> str:
    """The full name of a limited company seated in the city."""
    r = chance.random
    return f"{city}{_WORDS[int(r() * len(_WORDS))]}{_TRADES[int(r() * len(_TRADES))]}有限公司"
