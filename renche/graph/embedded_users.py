"""The users of the embedded engine, in its process: one that can only read, with a time limit of its own.

The engine enforces neither READ sessions nor the driver's time limit, so both are its own doing here.
"""

import secrets

import jpype
from arcadedb_embedded.server import ArcadeDBServer

from renche.graph.embedded import DATABASE
from renche.graph.embedded_folder import ANALYST, EngineFolder, write_private


def admit_analyst(server: ArcadeDBServer, folder: EngineFolder) -> None:
    """Makes the user anew, in a group that may read records and nothing else; its password goes into the folder."""
    security = server._java_server.getSecurity()
    json = jpype.JClass("com.arcadedb.serializer.json.JSONObject")
    # A limit of rows would cut them before they are counted.
    group = (
        '{"access": [], "resultSetLimit": -1, "readTimeout": -1, "types": {"*": {"access": ["readRecord"]}},'
        ' "filters": {}}'
    )
    security.saveGroup(DATABASE, ANALYST, json(group))
    if security.existsUser(ANALYST):
        security.dropUser(ANALYST)
    password = secrets.token_urlsafe(32)
    user = json().put("name", ANALYST).put("password", security.encodePassword(password))
    user.put("databases", json(f'{{"{DATABASE}": ["{ANALYST}"]}}'))
    security.createUser(user)
    write_private(folder.analyst, password)


def limit_commands(server: ArcadeDBServer, everybody_ms: int, analyst_ms: int) -> None:
    """Ends every statement that runs longer, the analyst's by its own limit."""
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
            return str(analyst_ms if user is not None and user.getName() == ANALYST else everybody_ms)

        def run(self) -> None:
            pass

    database.getConfiguration().setValue(setting, jpype.JProxy("java.lang.Runnable", inst=Limit()))
