{{ macros.history(of='ods.substation_change') }}
