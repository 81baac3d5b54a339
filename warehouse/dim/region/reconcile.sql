{{ macros.history_reconcile(of='ods.region_change') }}
