{{ macros.history_reconcile(of='ods.model_change') }}
