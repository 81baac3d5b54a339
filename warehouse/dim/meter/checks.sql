{{ macros.history_checks(of='ods.meter_change') }}
