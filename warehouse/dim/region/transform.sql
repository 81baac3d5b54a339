{{ macros.history(of='ods.region_change') }}
