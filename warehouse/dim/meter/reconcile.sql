{{ macros.history_reconcile(of='ods.meter_change') }}
