curl -X POST https://clockme.co/api/timer/start \
-H "Authorization: Bearer ck_live_YOUR_KEY" \
-H "Content-Type: application/json" \
-d '{"projectName":"my-project","fallbackProjectId":"PROJECT_ID"}'

curl https://clockme.co/api/timer/current \
-H "Authorization: Bearer ck_live_YOUR_KEY"

curl -X POST https://clockme.co/api/timer/stop \
-H "Authorization: Bearer ck_live_YOUR_KEY" \
-H "Content-Length: 0"

curl https://clockme.co/api/workspaces/WORKSPACE_ID/summary?from=2026-06-01&to=2026-06-30 \
-H 'Authorization: Bearer ck_live_YOUR_KEY'

curl https://clockme.co/api/workspaces \
-H 'Authorization: Bearer ck_live_YOUR_KEY'
