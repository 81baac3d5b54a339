{{ macros.history_reconcile(of='ods.customer_change') }}
