{{ macros.latest_reconcile(of='ods.risk_point_change') }}
