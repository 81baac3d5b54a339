{{ macros.history_checks(of='ods.model_change') }}
