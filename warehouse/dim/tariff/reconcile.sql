{{ macros.history_reconcile(of='ods.tariff_change') }}
