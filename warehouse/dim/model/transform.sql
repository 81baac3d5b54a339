{{ macros.history(of='ods.model_change') }}
