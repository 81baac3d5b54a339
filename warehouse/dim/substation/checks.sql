{{ macros.history_checks(of='ods.substation_change') }}
