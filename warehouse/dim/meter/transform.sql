{{ macros.history(of='ods.meter_change') }}
