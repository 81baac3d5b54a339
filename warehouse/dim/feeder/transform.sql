{{ macros.history(of='ods.feeder_change') }}
