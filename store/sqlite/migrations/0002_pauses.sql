-- Pauses of services that are in force. An empty service is all services of the
-- tenant.
CREATE TABLE pauses (
    tenant  TEXT NOT NULL,
    service TEXT NOT NULL,
    since   INTEGER,
    actor   TEXT NOT NULL,
    reason  TEXT NOT NULL,
    PRIMARY KEY (tenant, service)
) STRICT, WITHOUT ROWID;
