"""Logs: one JSON object a line on stderr, without any value that a caller or a row gave."""

import logging
import sys

import orjson
import structlog


def configure_logs(level: int = logging.INFO) -> None:
    """Sends our log, from this level on, to stderr as JSON lines."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=orjson.dumps),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    # Access lines would hold queries sent by GET; the endpoint writes its own.
    logging.getLogger("uvicorn.access").disabled = True
