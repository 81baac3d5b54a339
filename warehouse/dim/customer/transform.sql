{{ macros.history(of='ods.customer_change') }}
