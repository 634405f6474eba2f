{{/* Names, labels and settings that several templates share. */}}

{{/* The name of all objects: the release's, which contains the chart's name. */}}
{{- define "gateway.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{ .Release.Name | trunc 43 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 43 | trimSuffix "-" }}
{{- end -}}
{{- end -}}

{{/* The labels that selectors use. They never change. */}}
{{- define "gateway.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "gateway.labels" -}}
{{ include "gateway.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Every setting as a variable GATEWAY__SECTION__KEY. The arguments: prefix, values. */}}
{{- define "gateway.settings" -}}
{{- $prefix := index . 0 -}}
{{- range $key, $value := index . 1 }}
{{- $name := printf "%s__%s" $prefix (upper $key) }}
{{- if kindIs "map" $value }}
{{- include "gateway.settings" (list $name $value) }}
{{- else if kindIs "slice" $value }}
{{ $name }}: {{ join " " $value | quote }}
{{- else if kindIs "string" $value }}
{{ $name }}: {{ $value | quote }}
{{- else if not (kindIs "invalid" $value) }}
{{ $name }}: {{ toJson $value | quote }}
{{- end }}
{{- end }}
{{- end -}}
