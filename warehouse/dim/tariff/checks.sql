{{ macros.history_checks(of='ods.tariff_change') }}
