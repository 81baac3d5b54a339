{{ macros.history_checks(of='ods.feeder_change') }}
