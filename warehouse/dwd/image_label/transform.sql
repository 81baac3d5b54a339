WITH label AS (
  {{ macros.latest(of='ods.image_label_change', key='image_id') }}
)
SELECT image_id, verdict, labelled_by, labelled_at
FROM (
  SELECT image_id, verdict, labelled_by, labelled_at,
    ROW_NUMBER() OVER (PARTITION BY image_id ORDER BY labelled_at DESC) AS rn
  FROM label)
WHERE rn = 1
