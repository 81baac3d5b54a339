{{ macros.history_reconcile(of='ods.substation_change') }}
