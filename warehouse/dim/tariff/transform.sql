{{ macros.history(of='ods.tariff_change') }}
