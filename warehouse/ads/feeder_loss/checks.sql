-- check: loss_is_supplied_less_delivered fail
SELECT feeder_id, dt, supplied_kwh, delivered_kwh, loss_kwh FROM ads.feeder_loss
WHERE abs(supplied_kwh - delivered_kwh - loss_kwh) > 0.000001

-- check: loss_is_plausible warn
SELECT feeder_id, dt, loss_share FROM ads.feeder_loss WHERE loss_share < 0 OR loss_share > 0.15
