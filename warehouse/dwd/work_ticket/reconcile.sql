{{ macros.latest_reconcile(of='ods.work_ticket_change') }}
