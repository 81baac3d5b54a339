-- check: parts_make_the_whole fail
SELECT model_version, dt, labelled FROM ads.model_quality
WHERE labelled <> true_positives + false_positives + false_negatives + true_negatives OR defects > images

-- check: photographs_are_like_those_it_learnt_from warn
SELECT model_version, dt, images, grey_shift, defect_share, training_defect_share FROM ads.model_quality
WHERE images >= 50 AND (ABS(grey_shift) > 0.5 OR ABS(defect_share - training_defect_share) > 0.25)
