using Xunit;

namespace PatchContainers.Platforms.Tests.Manifests;

public sealed class ManifestReaderTests : IDisposable
{
    private readonly FileSet _files = new();

    [Fact]
    public async Task A_deployment_gives_one_workload_a_container_with_all_that_it_says()
    {
        var path = _files.Write("web.yaml", """
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: web
              namespace: shop
              labels: {app: web, "tier": front}
            spec:
              template:
                metadata:
                  labels: {not: these}
                spec:
                  initContainers:
                  - {name: migrate, image: registry.example/shop/migrate:3}
                  containers:
                  - name: app
                    image: registry.example/shop/web:1.2
                  - name: proxy
                    image: envoy@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
                  ephemeralContainers:
                  - {name: debug, image: busybox}
            """);
        var workloads = await _files.ListAsync();
        Assert.Equal(
        [
            $"manifest://{path}/shop/Deployment/web#migrate registry.example/shop/migrate:3",
            $"manifest://{path}/shop/Deployment/web#app registry.example/shop/web:1.2",
            $"manifest://{path}/shop/Deployment/web#proxy envoy@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            $"manifest://{path}/shop/Deployment/web#debug busybox",
        ], workloads.Select(workload => $"{workload.Id} {workload.Image}"));
        var app = workloads[1];
        Assert.Equal(("Manifest", "", "shop", "Deployment", "web", "app", path), (app.Platform, app.Context, app.Namespace, app.Kind,
            app.Name, app.Container, app.Path));
        Assert.Equal([("app", "web"), ("tier", "front")], app.Labels.Select(label => (label.Key, label.Value)));
        Assert.Empty(app.RunningDigests);
        Assert.Empty(_files.Notices.Failures);
    }

    [Theory]
    [InlineData("v1", "Pod", "spec: {containers: [{name: c, image: x}]}")]
    [InlineData("v1", "PodTemplate", "template: {spec: {containers: [{name: c, image: x}]}}")]
    [InlineData("apps/v1", "Deployment", "spec: {template: {spec: {containers: [{name: c, image: x}]}}}")]
    [InlineData("apps/v1", "StatefulSet", "spec: {template: {spec: {containers: [{name: c, image: x}]}}}")]
    [InlineData("apps/v1", "DaemonSet", "spec: {template: {spec: {containers: [{name: c, image: x}]}}}")]
    [InlineData("apps/v1", "ReplicaSet", "spec: {template: {spec: {containers: [{name: c, image: x}]}}}")]
    [InlineData("v1", "ReplicationController", "spec: {template: {spec: {containers: [{name: c, image: x}]}}}")]
    [InlineData("batch/v1", "Job", "spec: {template: {spec: {containers: [{name: c, image: x}]}}}")]
    [InlineData("batch/v1", "CronJob", "spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: c, image: x}]}}}}}")]
    [InlineData("batch/v1beta1", "CronJob", "spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: c, image: x}]}}}}}")]
    [InlineData("argoproj.io/v1alpha1", "Rollout", "spec: {template: {spec: {containers: [{name: c, image: x}]}}}")]
    [InlineData("argoproj.io/v1alpha1", "AnalysisTemplate",
        "spec: {metrics: [{provider: {job: {spec: {template: {spec: {containers: [{name: c, image: x}]}}}}}}]}")]
    [InlineData("example.org/v1", "Whatever", "spec: {template: {spec: {initContainers: [{name: c, image: x}]}}}")]
    public async Task Every_kind_with_a_pod_spec_is_found_under_its_own_name(string version, string kind, string body)
    {
        _files.Write("a.yml", $"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: n}}\n{body}\n");
        var workload = Assert.Single(await _files.ListAsync());
        Assert.Equal((kind, "n", "c", "x", string.Empty), (workload.Kind, workload.Name, workload.Container, workload.Image,
            workload.Namespace));
        Assert.Equal($"manifest://{_files["a.yml"]}/{kind}/n#c", workload.Id);
    }

    [Fact]
    public async Task Lists_and_documents_are_read_item_by_item()
    {
        _files.Write("all.json", """
            {"apiVersion": "v1", "kind": "List", "items": [
              {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [{"name": "c", "image": "a:1"}]}},
              {"apiVersion": "v1", "kind": "PodList", "items": [{"metadata": {"name": "b"},
                "spec": {"containers": [{"name": "c", "image": "b:1"}]},
                "status": {"containerStatuses": [{"image": "not-this:1"}]}}]}
            ]}
            """);
        _files.Write("docs.yaml", "# empty\n---\n"
            + "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: c, image: x:1}]}}\n...\n"
            + "---\n---\n{apiVersion: v1, kind: Pod, metadata: {name: b}, spec: {containers: [{name: c, image: x:2}]}}");
        var workloads = await _files.ListAsync();
        Assert.Equal(["Pod/a a:1", "Pod/b b:1", "Pod/a x:1", "Pod/b x:2"],
            workloads.Select(workload => $"{workload.Kind}/{workload.Name} {workload.Image}"));
    }

    [Fact]
    public async Task Ids_are_unique_even_for_the_same_object_twice()
    {
        const string pod = "---\napiVersion: v1\nkind: Pod\nmetadata: {generateName: job-}\n"
            + "spec: {containers: [{image: x:1}, {name: c, image: x:2}]}\n";
        _files.Write("a.yaml", pod + pod);
        var path = _files["a.yaml"];
        Assert.Equal([$"manifest://{path}/Pod/job-#containers[0]", $"manifest://{path}/Pod/job-#c",
            $"manifest://{path}/Pod/job-#containers[0]~2", $"manifest://{path}/Pod/job-#c~2"],
            (await _files.ListAsync()).Select(workload => workload.Id));
    }

    [Fact]
    public async Task An_id_is_one_line_whatever_the_files_name()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such names.");
        _files.Write("a\n#1.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: n}\nspec: {containers: [{name: c, image: x}]}\n");
        var workload = Assert.Single(await _files.ListAsync());
        Assert.Equal($"manifest://{_files.Root}/a%0A%231.yaml/Pod/n#c", workload.Id);
        Assert.Equal(_files["a\n#1.yaml"], workload.Path);
    }

    [Fact]
    public async Task Aliases_and_merge_keys_are_followed()
    {
        _files.Write("a.yaml", """
            apiVersion: v1
            kind: Pod
            metadata: {name: n}
            spec:
              containers:
              - &c {name: one, image: &i "x:1"}
              - <<: *c
                name: two
              - {name: three, image: *i}
            """);
        Assert.Equal(["one x:1", "two x:1", "three x:1"], (await _files.ListAsync()).Select(workload =>
            $"{workload.Container} {workload.Image}"));
    }

    [Fact]
    public async Task Parameters_of_a_template_object_are_resolved_where_they_have_values()
    {
        _files.Write("t.yaml", """
            apiVersion: template.openshift.io/v1
            kind: Template
            metadata: {name: t}
            objects:
            - apiVersion: apps/v1
              kind: Deployment
              metadata: {name: web}
              spec:
                template:
                  spec:
                    containers:
                    - {name: a, image: "${IMAGE}:${TAG}"}
                    - {name: b, image: "${NONE}:1"}
                    - {name: c, image: "${IMAGE}:${EMPTY}"}
            parameters:
            - {name: IMAGE, value: registry.example/web}
            - {name: TAG, value: "7"}
            - {name: NONE}
            - {name: EMPTY, value: ""}
            """);
        Assert.Equal("registry.example/web:7", Assert.Single(await _files.ListAsync()).Image);
        Assert.Equal(2, _files.Notices.Failures.Length);
        Assert.Contains("'${NONE}:1' needs the Template's parameter NONE, which has no value in the file", _files.Notices.Failures[0]
            .Message);
        Assert.Contains("becomes 'registry.example/web:'", _files.Notices.Failures[1].Message);
    }

    [Theory]
    [InlineData("image: \"{{ .Values.image }}\"", "template expression", "a quoted template")]
    [InlineData("image: {{ .Values.image }}", "its image is no string", "a template that YAML takes for a mapping")]
    [InlineData("image: app:${TAG}", "a variable that another program fills in", "envsubst")]
    [InlineData("image: [a, b]", "its image is no string", "a list")]
    [InlineData("image: \"<%= tag %>\"", "template expression", "ERB")]
    public async Task An_image_that_the_file_does_not_tell_is_a_failure_and_the_rest_goes_on(string image, string fault, string why)
    {
        _files.Write("a.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: n}\nspec:\n  containers:\n"
            + $"  - name: a\n    {image}\n  - name: b\n    image: x:1\n");
        Assert.Equal("x:1", Assert.Single(await _files.ListAsync()).Image);
        var failure = Assert.Single(_files.Notices.Failures);
        Assert.Equal(PatchErrorCode.NotSupported, failure.Code);
        Assert.True(failure.Message.StartsWith($"'{_files["a.yaml"]}' line 7: Pod/n is not listed: ", StringComparison.Ordinal)
            && failure.Message.Contains(fault, StringComparison.Ordinal), $"{why}: {failure.Message}");
    }

    [Fact]
    public async Task A_template_that_is_no_yaml_is_called_a_template()
    {
        _files.Write("chart.yaml", "{{- if .Values.on }}\napiVersion: v1\nkind: Pod\n{{- end }}\n");
        Assert.Empty(await _files.ListAsync());
        var failure = Assert.Single(_files.Notices.Failures);
        Assert.Equal(PatchErrorCode.NotSupported, failure.Code);
        Assert.Contains($"'{_files["chart.yaml"]}' is a template (line 1)", failure.Message);
    }

    [Theory]
    [InlineData("image:\n  repository: web\n  tag: 1\n", "values of a chart")]
    [InlineData("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b}\n", "an object without containers")]
    [InlineData("services:\n  App\\Foo: {class: x}\n", "a framework's services")]
    [InlineData("services: [postgres]\n", "a pipeline's services")]
    [InlineData("- a\n- b\n", "a list")]
    [InlineData("just text\n", "a scalar")]
    [InlineData("apiVersion: example.org/v1\nkind: Policy\nspec: {containers: [{image: \"*:latest\"}]}\n", "a pattern in a policy")]
    [InlineData("apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
        + "spec: {properties: {containers: {type: array, items: {properties: {image: {type: string}}}}}}\n", "a schema")]
    [InlineData("apiVersion: v1\nkind: Pod\nmetadata: {name: n}\nspec: {containers: [{name: a}, {name: b, image: }, {image: \"\"}]}\n",
        "containers without an image, as in a patch")]
    public async Task What_is_something_else_is_passed_over_in_a_detail(string text, string why)
    {
        _files.Write("a.yaml", text);
        Assert.Empty(await _files.ListAsync());
        Assert.Empty(_files.Notices.Failures);
        Assert.True(_files.Notices.Details.Length > 0, why);
        Assert.Equal([$"No workload was found in '{_files.Root}'."], _files.Notices.Warnings);
    }

    [Theory]
    [InlineData("kustomization.yaml",
        "resources: [web.yaml]\nimages:\n- {name: web, newTag: '2'}\n- {name: db, digest: 'sha256:1'}\n- {name: x}\n",
        "the images web, db")]
    [InlineData("a.yaml", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nimages: [{name: web, newName: other}]\n",
        "the image web")]
    [InlineData("flux.yaml", "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec: {images: [{name: web, newTag: v2}]}\n",
        "the image web")]
    [InlineData("many.yaml", "images: [{name: a, digest: x}, {name: b, digest: x}, {name: c, digest: x}, {name: d, digest: x}, "
        + "{name: e, digest: x}, {name: f, digest: x}]\n", "a, b, c, d, e and 1 more")]
    [InlineData("patch.yaml", "- {op: replace, path: /spec/template/spec/containers/0/image, value: 'web:2'}\n",
        "a JSON patch that sets the image web:2")]
    public async Task What_overrides_the_images_of_manifests_is_a_warning(string name, string text, string told)
    {
        _files.Write(name, text);
        Assert.Empty(await _files.ListAsync());
        Assert.Contains(_files.Notices.Warnings, warning => warning.Contains(_files[name], StringComparison.Ordinal)
            && warning.Contains(told, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Images_outside_containers_are_told_in_a_detail()
    {
        _files.Write("a.yaml",
            "apiVersion: operators.coreos.com/v1alpha1\nkind: CatalogSource\nmetadata: {name: s}\nspec: {image: 'x:1'}\n");
        Assert.Empty(await _files.ListAsync());
        Assert.Contains(_files.Notices.Details, detail => detail.Contains("CatalogSource/s has 1 'image' value(s) outside any container",
            StringComparison.Ordinal));
    }

    public void Dispose() => _files.Dispose();
}
