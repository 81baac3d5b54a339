{{ macros.history_checks(of='ods.equipment_change') }}
