-- Tables of a house in TimescaleDB 2.11 or newer, made once: psql -d fleet -f schema.sql
-- The roles telegraf and grafana are there already. Another time zone than Europe/Helsinki: change it in `days`.

CREATE EXTENSION IF NOT EXISTS timescaledb;

-- Who is who: \copy readers FROM 'fleet.csv' CSV
CREATE TABLE readers (
  name text PRIMARY KEY,  -- as `/han` tells it, and as it is in topics
  url text NOT NULL UNIQUE,
  apartment text NOT NULL,
  fuse double precision NOT NULL  -- A
);

CREATE TABLE meter (
  time timestamptz NOT NULL,
  reader text NOT NULL,
  seq bigint,
  import_energy double precision,  -- kWh
  export_energy double precision,
  power double precision,  -- W, import - export
  power_l1 double precision,
  power_l2 double precision,
  power_l3 double precision,
  voltage_l1 double precision,  -- V
  voltage_l2 double precision,
  voltage_l3 double precision,
  current_l1 double precision,  -- A
  current_l2 double precision,
  current_l3 double precision
);
SELECT create_hypertable('meter', 'time', chunk_time_interval => INTERVAL '1 day');
CREATE INDEX ON meter (reader, time DESC);
ALTER TABLE meter SET (timescaledb.compress, timescaledb.compress_segmentby = 'reader');
SELECT add_compression_policy('meter', INTERVAL '7 days');
SELECT add_retention_policy('meter', INTERVAL '90 days');

CREATE TABLE status (time timestamptz NOT NULL, reader text NOT NULL, value text);
SELECT create_hypertable('status', 'time');
CREATE INDEX ON status (reader, time DESC);

CREATE TABLE state (time timestamptz NOT NULL, reader text NOT NULL, version text, reboot_reason text, serial text);
SELECT create_hypertable('state', 'time');
CREATE INDEX ON state (reader, time DESC);

CREATE TABLE health (
  time timestamptz NOT NULL,
  url text NOT NULL,
  heap text,
  service text,
  han_uptime_seconds double precision,
  han_heap_free_bytes double precision,
  han_heap_least_free_bytes double precision,
  han_service_healthy double precision,
  han_service_restarts_total double precision
);
SELECT create_hypertable('health', 'time');
CREATE INDEX ON health (url, time DESC);
SELECT add_retention_policy('health', INTERVAL '90 days');

-- Kept for good: a quarter of an hour and a day of each reader.
CREATE MATERIALIZED VIEW quarters WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT
  time_bucket('15 minutes', time) AS time,
  reader,
  avg(power) AS power,
  max(power) AS most_power,
  max(import_energy) AS import_energy,
  max(export_energy) AS export_energy,
  max(current_l1) AS current_l1,
  max(current_l2) AS current_l2,
  max(current_l3) AS current_l3,
  count(*) AS telegrams
FROM meter
GROUP BY 1, 2
WITH NO DATA;
SELECT add_continuous_aggregate_policy('quarters', start_offset => INTERVAL '2 days', end_offset => INTERVAL '15 minutes', schedule_interval => INTERVAL '15 minutes');

CREATE MATERIALIZED VIEW days WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT
  time_bucket('1 day', time, 'Europe/Helsinki') AS time,
  reader,
  max(import_energy) - min(import_energy) AS import_energy,
  max(export_energy) - min(export_energy) AS export_energy,
  max(power) AS most_power,
  count(*) AS telegrams
FROM meter
GROUP BY 1, 2
WITH NO DATA;
SELECT add_continuous_aggregate_policy('days', start_offset => INTERVAL '4 days', end_offset => INTERVAL '1 hour', schedule_interval => INTERVAL '1 hour');

GRANT INSERT, SELECT ON meter, status, state, health TO telegraf;
GRANT SELECT ON readers, meter, status, state, health, quarters, days TO grafana;
