{{ macros.history_checks(of='ods.customer_change') }}
