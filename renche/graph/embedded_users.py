"""The users of the embedded engine, in its process: those that can only read, each with a time limit of its own.

The engine enforces neither READ sessions nor the driver's time limit, so both are its own doing here.
"""

import secrets
from collections.abc import Mapping
from typing import Final

import jpype
from arcadedb_embedded.server import ArcadeDBServer

from renche.graph.embedded import DATABASE
from renche.graph.embedded_folder import READERS, EngineFolder, write_private

_GROUP: Final = "readers"


def admit_readers(server: ArcadeDBServer, folder: EngineFolder) -> None:
    """Makes them anew, in a group that may read records and nothing else; their passwords go into the folder."""
    security = server._java_server.getSecurity()
    json = jpype.JClass("com.arcadedb.serializer.json.JSONObject")
    # A limit of rows would cut them before they are counted.
    group = (
        '{"access": [], "resultSetLimit": -1, "readTimeout": -1, "types": {"*": {"access": ["readRecord"]}},'
        ' "filters": {}}'
    )
    security.saveGroup(DATABASE, _GROUP, json(group))
    for name in READERS:
        if security.existsUser(name):
            security.dropUser(name)
        password = secrets.token_urlsafe(32)
        user = json().put("name", name).put("password", security.encodePassword(password))
        user.put("databases", json(f'{{"{DATABASE}": ["{_GROUP}"]}}'))
        security.createUser(user)
        write_private(folder.password_of(name), password)


def limit_commands(server: ArcadeDBServer, everybody_ms: int, readers_ms: Mapping[str, int]) -> None:
    """Ends every statement that runs longer, those of the users that can only read by their own limits."""
    setting = jpype.JClass("com.arcadedb.GlobalConfiguration").COMMAND_TIMEOUT
    setting.setValue(everybody_ms)
    database = server._java_server.getDatabase(DATABASE)
    contexts = jpype.JClass("com.arcadedb.database.DatabaseContext").INSTANCE
    path = database.getDatabasePath()

    class Limit:
        # The engine has one limit for all its users, but it asks for it as text once in each statement.
        def toString(self) -> str:  # noqa: N802  Java's name
            context = contexts.getContextIfExists(path)
            user = context.getCurrentUser() if context is not None else None
            return str(everybody_ms if user is None else readers_ms.get(str(user.getName()), everybody_ms))

        def run(self) -> None:
            pass

    database.getConfiguration().setValue(setting, jpype.JProxy("java.lang.Runnable", inst=Limit()))
