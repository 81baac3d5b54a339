{{ macros.history_reconcile(of='ods.equipment_change') }}
