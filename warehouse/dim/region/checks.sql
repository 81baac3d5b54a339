{{ macros.history_checks(of='ods.region_change') }}
