{{ macros.latest_reconcile(of='ods.image_label_change') }}
