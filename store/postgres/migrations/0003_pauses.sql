-- One row per pause of services that is in force. An empty service is all
-- services of the tenant.
CREATE TABLE {{schema}}.pauses (
    since   timestamptz,
    tenant  text COLLATE "C" NOT NULL,
    service text COLLATE "C" NOT NULL,
    actor   text COLLATE "C" NOT NULL,
    reason  text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, service)
);
