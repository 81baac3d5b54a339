WITH judged AS (
  SELECT p.model_version, p.dt, p.defect, p.confidence, p.grey_mean, l.verdict
  FROM dwd.image_prediction AS p
  LEFT JOIN dwd.image_label AS l ON p.image_id = l.image_id
),
counted AS (
  SELECT model_version, dt, COUNT(*) AS images,
    SUM(CASE WHEN defect THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END) AS defects,
    CAST(SUM(confidence) AS DECIMAL(20,4)) AS confidence, CAST(SUM(grey_mean) AS DECIMAL(20,2)) AS grey,
    SUM(CASE WHEN verdict IS NOT NULL THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END) AS labelled,
    SUM(CASE WHEN defect AND verdict = 'defect' THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END) AS true_positives,
    SUM(CASE WHEN defect AND verdict = 'ok' THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END) AS false_positives,
    SUM(CASE WHEN NOT defect AND verdict = 'defect' THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END) AS false_negatives,
    SUM(CASE WHEN NOT defect AND verdict = 'ok' THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END) AS true_negatives
  FROM judged GROUP BY model_version, dt
)
SELECT c.model_version, c.dt, c.images, c.defects,
  CAST(CAST(c.defects AS DECIMAL(19,0)) / c.images AS DECIMAL(6,5)) AS defect_share,
  m.defect_share AS training_defect_share,
  CAST(c.confidence / c.images AS DECIMAL(6,5)) AS mean_confidence,
  CAST(c.grey / c.images AS DECIMAL(5,2)) AS grey_mean,
  CASE WHEN m.grey_mean_spread > 0
    THEN CAST(CAST(c.grey - m.grey_mean * c.images AS DECIMAL(20,2)) / CAST(m.grey_mean_spread * c.images AS DECIMAL(20,2))
      AS DECIMAL(7,3)) END AS grey_shift,
  c.labelled, c.true_positives, c.false_positives, c.false_negatives, c.true_negatives,
  CASE WHEN c.true_positives + c.false_positives > 0
    THEN CAST(CAST(c.true_positives AS DECIMAL(19,0)) / (c.true_positives + c.false_positives) AS DECIMAL(6,5)) END
    AS defect_precision,
  CASE WHEN c.true_positives + c.false_negatives > 0
    THEN CAST(CAST(c.true_positives AS DECIMAL(19,0)) / (c.true_positives + c.false_negatives) AS DECIMAL(6,5)) END
    AS defect_recall
FROM counted AS c
LEFT JOIN dim.model_current AS m ON c.model_version = m.version
