"""PostgreSQL's settings and who may connect."""

from __future__ import annotations

HBA = """\
# Written when the database was made. Passwords only, and only from this machine.
# TYPE  DATABASE  USER  ADDRESS        METHOD
local   all       all                  scram-sha-256
host    all       all   127.0.0.1/32   scram-sha-256
"""

AT_INITDB: dict[str, str] = {
    # Stored in postgresql.conf, where an administrator may tune them.
    "shared_buffers": "128MB",
    "max_connections": "100",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "10min",
    "random_page_cost": "1.1",
    "jit": "off",
    "autovacuum_naptime": "20s",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] %u ",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "idle_in_transaction_session_timeout": "30s",  # nobody may sit on the journal's lock
}

ALWAYS: dict[str, str] = {
    # Given at each start: what the design promises does not depend on a file.
    "listen_addresses": "",  # the Unix socket only
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "password_encryption": "scram-sha-256",
    "unix_socket_permissions": "0700",
    "log_destination": "stderr",
    "log_min_error_statement": "panic",  # statements carry values; values do not belong in logs
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",  # DETAIL lines quote the row
}
