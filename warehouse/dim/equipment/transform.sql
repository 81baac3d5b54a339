{{ macros.history(of='ods.equipment_change') }}
