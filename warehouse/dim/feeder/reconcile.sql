{{ macros.history_reconcile(of='ods.feeder_change') }}
