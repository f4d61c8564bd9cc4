"""Where people live: mainland cities with their code, population and plate letters.

Codes are the six digits of GB/T 2260 at prefecture level (a municipality is its province code). Populations
are the residents counted by China's seventh national census (2020, National Bureau of Statistics), rounded to
10,000 people. Plate prefixes are those that a city's traffic police issue: province character and letters.
"""

from heapq import heapify, heapreplace
from itertools import accumulate
from typing import NamedTuple


class City(NamedTuple):
    """A city, its residents in units of 10,000, and the starts of its number plates (粤B, ...)."""

    code: str
    name: str
    residents: int
    plates: tuple[str, ...]


_TABLE = """
110000 北京 2189 京ANPQ
120000 天津 1387 津ABCN
130100 石家庄 1124 冀A
130200 唐山 772 冀B
130300 秦皇岛 314 冀C
130400 邯郸 941 冀D
130500 邢台 711 冀E
130600 保定 1154 冀F
130700 张家口 412 冀G
130800 承德 335 冀H
130900 沧州 730 冀J
131000 廊坊 546 冀R
131100 衡水 421 冀T
140100 太原 530 晋A
140200 大同 311 晋B
140400 长治 318 晋D
140500 晋城 219 晋E
140700 晋中 338 晋K
140800 运城 477 晋M
141000 临汾 398 晋L
141100 吕梁 340 晋J
150100 呼和浩特 345 蒙A
150200 包头 271 蒙B
150400 赤峰 404 蒙D
150500 通辽 287 蒙G
150600 鄂尔多斯 215 蒙K
150700 呼伦贝尔 224 蒙E
210100 沈阳 907 辽A
210200 大连 745 辽B
210300 鞍山 333 辽C
210600 丹东 219 辽F
210700 锦州 270 辽G
210800 营口 233 辽H
211300 朝阳 287 辽N
220100 长春 907 吉A
220200 吉林 362 吉B
220700 松原 225 吉J
230100 哈尔滨 1001 黑A
230200 齐齐哈尔 407 黑B
230600 大庆 278 黑E
231000 牡丹江 229 黑C
310000 上海 2487 沪ABDEF
320100 南京 931 苏A
320200 无锡 746 苏B
320300 徐州 908 苏C
320400 常州 528 苏D
320500 苏州 1275 苏EU
320600 南通 773 苏F
320700 连云港 460 苏G
320800 淮安 456 苏H
320900 盐城 671 苏J
321000 扬州 456 苏K
321100 镇江 321 苏L
321200 泰州 451 苏M
321300 宿迁 499 苏N
330100 杭州 1194 浙A
330200 宁波 940 浙B
330300 温州 957 浙C
330400 嘉兴 540 浙F
330500 湖州 337 浙E
330600 绍兴 527 浙D
330700 金华 705 浙G
330800 衢州 228 浙H
330900 舟山 116 浙L
331000 台州 662 浙J
331100 丽水 251 浙K
340100 合肥 937 皖A
340200 芜湖 364 皖B
340300 蚌埠 330 皖C
340500 马鞍山 216 皖E
340800 安庆 417 皖H
341100 滁州 399 皖M
341200 阜阳 820 皖K
341300 宿州 532 皖L
341500 六安 439 皖N
341600 亳州 500 皖S
350100 福州 829 闽A
350200 厦门 516 闽D
350300 莆田 321 闽B
350400 三明 249 闽G
350500 泉州 878 闽C
350600 漳州 505 闽E
350800 龙岩 272 闽F
350900 宁德 315 闽J
360100 南昌 625 赣A
360400 九江 460 赣G
360700 赣州 897 赣B
360800 吉安 447 赣D
360900 宜春 501 赣C
361100 上饶 649 赣E
370100 济南 920 鲁A
370200 青岛 1007 鲁BU
370300 淄博 470 鲁C
370400 枣庄 386 鲁D
370500 东营 219 鲁E
370600 烟台 710 鲁F
370700 潍坊 939 鲁GV
370800 济宁 836 鲁H
370900 泰安 547 鲁J
371000 威海 291 鲁K
371100 日照 297 鲁L
371300 临沂 1102 鲁Q
371400 德州 561 鲁N
371500 聊城 595 鲁P
371600 滨州 393 鲁M
371700 菏泽 880 鲁R
410100 郑州 1260 豫A
410200 开封 482 豫B
410300 洛阳 706 豫C
410400 平顶山 499 豫D
410500 安阳 548 豫E
410700 新乡 625 豫G
410800 焦作 352 豫H
410900 濮阳 377 豫J
411000 许昌 438 豫K
411300 南阳 971 豫R
411400 商丘 782 豫N
411500 信阳 623 豫S
411600 周口 903 豫P
411700 驻马店 701 豫Q
420100 武汉 1233 鄂A
420200 黄石 247 鄂B
420300 十堰 321 鄂C
420500 宜昌 402 鄂E
420600 襄阳 526 鄂F
420900 孝感 427 鄂K
421000 荆州 523 鄂D
421100 黄冈 588 鄂J
430100 长沙 1005 湘A
430200 株洲 390 湘B
430300 湘潭 273 湘C
430400 衡阳 664 湘D
430500 邵阳 656 湘E
430600 岳阳 505 湘F
430700 常德 528 湘J
431000 郴州 467 湘L
431100 永州 529 湘M
440100 广州 1868 粤A
440300 深圳 1749 粤B
440400 珠海 244 粤C
440500 汕头 550 粤D
440600 佛山 950 粤EXY
440700 江门 480 粤J
440800 湛江 698 粤G
440900 茂名 617 粤K
441200 肇庆 411 粤H
441300 惠州 604 粤L
441400 梅州 387 粤M
441800 清远 397 粤R
441900 东莞 1047 粤S
442000 中山 442 粤T
445200 揭阳 558 粤V
450100 南宁 874 桂A
450200 柳州 416 桂B
450300 桂林 493 桂C
450500 北海 185 桂E
450900 玉林 580 桂K
460100 海口 287 琼A
460200 三亚 103 琼B
500000 重庆 3205 渝ABF
510100 成都 2094 川AG
510300 自贡 249 川C
510500 泸州 425 川E
510600 德阳 346 川F
510700 绵阳 487 川B
511000 内江 314 川K
511100 乐山 316 川L
511300 南充 561 川R
511400 眉山 296 川Z
511500 宜宾 459 川Q
511700 达州 539 川S
520100 贵阳 599 贵A
520200 六盘水 303 贵B
520300 遵义 661 贵C
520500 毕节 690 贵F
530100 昆明 846 云A
530300 曲靖 577 云D
530400 玉溪 225 云F
530600 昭通 509 云C
540100 拉萨 87 藏A
610100 西安 1295 陕A
610300 宝鸡 332 陕C
610400 咸阳 396 陕D
610500 渭南 469 陕E
610700 汉中 321 陕F
610800 榆林 362 陕K
620100 兰州 436 甘A
620500 天水 298 甘E
630100 西宁 247 青A
640100 银川 286 宁A
650100 乌鲁木齐 405 新A
652300 昌吉 161 新B
653100 喀什 450 新Q
"""


def _read(line: str) -> City:
    code, name, residents, plates = line.split()
    return City(code, name, int(residents), tuple(plates[0] + letter for letter in plates[1:]))


CITIES: tuple[City, ...] = tuple(_read(line) for line in _TABLE.strip().splitlines())
"""Every city, by code."""

RUNNING_TOTAL: tuple[int, ...] = tuple(accumulate(city.residents for city in CITIES))
"""Residents up to and including each city: where a number below the last falls is a draw by population."""


def shared_out(count: int) -> list[City]:
    """Give `count` places to the cities in proportion to their residents (D'Hondt's highest averages).

    Cities come in the order in which they are served, so the largest are first; a city may come many times.
    """
    queue = [(-city.residents / 1, city.code, 1, city) for city in CITIES]
    heapify(queue)
    order: list[City] = []
    for _ in range(count):
        _, code, given, city = queue[0]
        order.append(city)
        heapreplace(queue, (-city.residents / (given + 1), code, given + 1, city))
    return order
