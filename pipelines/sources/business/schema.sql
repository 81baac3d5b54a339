-- The business database of a grid operator. updated_at follows the session's clock, which the generator sets to
-- simulated time. No foreign keys: orphans happen in real systems, and the lake has to cope with them.

CREATE TABLE IF NOT EXISTS region (
    region_id INT NOT NULL PRIMARY KEY,
    name VARCHAR(64) NOT NULL,
    updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)
);

CREATE TABLE IF NOT EXISTS substation (
    substation_id INT NOT NULL PRIMARY KEY,
    region_id INT NOT NULL,
    name VARCHAR(64) NOT NULL,
    voltage_kv DECIMAL(6, 1) NOT NULL,
    updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)
);

CREATE TABLE IF NOT EXISTS feeder (
    feeder_id INT NOT NULL PRIMARY KEY,
    substation_id INT NOT NULL,
    name VARCHAR(64) NOT NULL,
    capacity_kw DECIMAL(10, 1) NOT NULL,
    updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)
);

-- Hours are local hours of the day, [start, end); start > end wraps midnight, start = end is no hour at all.
-- Prices are EUR per kWh, the standing charge EUR per day.
CREATE TABLE IF NOT EXISTS tariff (
    tariff_id INT NOT NULL PRIMARY KEY,
    name VARCHAR(64) NOT NULL,
    peak_start_hour INT NOT NULL,
    peak_end_hour INT NOT NULL,
    valley_start_hour INT NOT NULL,
    valley_end_hour INT NOT NULL,
    peak_price DECIMAL(8, 5) NOT NULL,
    flat_price DECIMAL(8, 5) NOT NULL,
    valley_price DECIMAL(8, 5) NOT NULL,
    standing_charge DECIMAL(8, 4) NOT NULL,
    currency CHAR(3) NOT NULL,
    updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)
);

CREATE TABLE IF NOT EXISTS customer (
    customer_id INT NOT NULL PRIMARY KEY,
    name VARCHAR(128) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    feeder_id INT NOT NULL,
    tariff_id INT NOT NULL,
    contract_kw DECIMAL(8, 2) NOT NULL,
    updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)
);

CREATE TABLE IF NOT EXISTS meter (
    meter_id VARCHAR(16) NOT NULL PRIMARY KEY,
    kind VARCHAR(16) NOT NULL,
    customer_id INT NULL,
    feeder_id INT NULL,
    nominal_voltage DECIMAL(5, 1) NOT NULL,
    installed_on DATE NOT NULL,
    updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)
);

CREATE TABLE IF NOT EXISTS equipment (
    equipment_id INT NOT NULL PRIMARY KEY,
    substation_id INT NOT NULL,
    feeder_id INT NULL,
    kind VARCHAR(32) NOT NULL,
    name VARCHAR(64) NOT NULL,
    status VARCHAR(16) NOT NULL,
    installed_on DATE NOT NULL,
    updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)
);

CREATE TABLE IF NOT EXISTS work_ticket (
    ticket_id INT NOT NULL PRIMARY KEY,
    feeder_id INT NOT NULL,
    equipment_id INT NULL,
    kind VARCHAR(32) NOT NULL,
    status VARCHAR(16) NOT NULL,
    description VARCHAR(255) NOT NULL,
    opened_at DATETIME(6) NOT NULL,
    closed_at DATETIME(6) NULL,
    updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)
);

CREATE TABLE IF NOT EXISTS risk_point (
    risk_id INT NOT NULL PRIMARY KEY,
    substation_id INT NOT NULL,
    equipment_id INT NULL,
    ticket_id INT NULL,
    level VARCHAR(8) NOT NULL,
    description VARCHAR(255) NOT NULL,
    status VARCHAR(16) NOT NULL,
    found_at DATETIME(6) NOT NULL,
    closed_at DATETIME(6) NULL,
    updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)
);

-- The models that read photographs of equipment; a version is the BLAKE3 hash of a model's file.
CREATE TABLE IF NOT EXISTS model (
    version CHAR(64) NOT NULL PRIMARY KEY,
    name VARCHAR(64) NOT NULL,
    architecture VARCHAR(32) NOT NULL,
    data CHAR(64) NOT NULL,
    threshold DECIMAL(5, 4) NOT NULL,
    auc DECIMAL(6, 5) NOT NULL,
    accuracy DECIMAL(6, 5) NOT NULL,
    accuracy_12 DECIMAL(6, 5) NOT NULL,
    balanced_12 DECIMAL(6, 5) NOT NULL,
    defect_share DECIMAL(6, 5) NOT NULL,
    grey_mean DECIMAL(5, 2) NOT NULL,
    grey_mean_spread DECIMAL(5, 2) NOT NULL,
    registered_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)
);

-- What people say of photographs: verdict is defect or ok.
CREATE TABLE IF NOT EXISTS image_label (
    image_id CHAR(64) NOT NULL PRIMARY KEY,
    verdict VARCHAR(8) NOT NULL,
    labelled_by VARCHAR(64) NOT NULL,
    labelled_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)
);

-- Not business data and not captured: which grid this is and how far its planned changes have been applied. It
-- changes in the transaction of each change, so that an interrupted run goes on without applying one twice.
CREATE TABLE IF NOT EXISTS simulation (
    simulation_id INT NOT NULL PRIMARY KEY,
    seed BIGINT NOT NULL,
    meters INT NOT NULL,
    first_day DATE NOT NULL,
    zone VARCHAR(64) NOT NULL,
    current_day DATE NOT NULL,
    applied INT NOT NULL
);
