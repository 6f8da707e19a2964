{{- define "gatehouse.labels" -}}
app.kubernetes.io/name: gatehouse
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}
{{- define "gatehouse.config" -}}
listen: ":8080"
management: ":9090"
plain_http: true
{{- if not .Values.trustedProxies }}{{ fail "trustedProxies: give the networks of the ingress controller" }}{{ end }}
trusted_proxies: {{ .Values.trustedProxies | toJson }}
sites: /etc/gatehouse/sites
{{- if .Values.config }}
{{ toYaml .Values.config }}
{{- end }}
{{- end -}}
