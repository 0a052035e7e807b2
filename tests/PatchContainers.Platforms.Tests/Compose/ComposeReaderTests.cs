using Xunit;

namespace PatchContainers.Platforms.Tests.Compose;

public sealed class ComposeReaderTests : IDisposable
{
    private readonly FileSet _files = new();

    [Fact]
    public async Task Every_service_with_an_image_is_a_workload()
    {
        var path = _files.Write("compose.yaml", """
            name: shop
            x-logging: &log {driver: json-file}
            services:
              web:
                image: registry.example/shop/web:1.2
                labels: {team: front, empty: }
                logging: *log
              db:
                profiles: [full]
                image: "postgres:16"
                labels: [team=data, flag, "url=a=b"]
              tool:
                build: .
            """);
        var workloads = await _files.ListAsync();
        Assert.Equal([$"compose://{path}/web registry.example/shop/web:1.2", $"compose://{path}/db postgres:16"],
            workloads.Select(workload => $"{workload.Id} {workload.Image}"));
        var web = workloads[0];
        Assert.Equal(("Compose", "", "", "Service", "web", "", path), (web.Platform, web.Context, web.Namespace, web.Kind, web.Name,
            web.Container, web.Path));
        Assert.Equal([("team", "front"), ("empty", "")], web.Labels.Select(label => (label.Key, label.Value)));
        Assert.Equal([("team", "data"), ("flag", ""), ("url", "a=b")], workloads[1].Labels.Select(label => (label.Key, label.Value)));
        Assert.Contains(_files.Notices.Details, detail => detail.Contains("line 12: the service 'tool' is built, and names no image",
            StringComparison.Ordinal));
        Assert.Empty(_files.Notices.Failures);
    }

    [Theory]
    [InlineData("compose.yaml")]
    [InlineData("docker-compose.yml")]
    [InlineData("docker-compose.prod.yaml")]
    [InlineData("stack.yml")]
    [InlineData("compose.json")]
    public async Task A_file_is_known_by_what_it_holds_and_not_by_its_name(string name)
    {
        _files.Write(name, "{\"services\": {\"web\": {\"image\": \"x:1\"}}}");
        Assert.Equal("Compose", Assert.Single(await _files.ListAsync()).Platform);
    }

    [Fact]
    public async Task Variables_come_from_the_env_file_beside_it_and_from_defaults()
    {
        _files.Write(".env", "REGISTRY=registry.example # ours\nexport TAG='1.2'\n");
        _files.Write("compose.yaml",
            "services:\n  web: {image: '${REGISTRY}/web:${TAG:-9}', labels: {v: '${TAG}'}}\n  db: {image: 'postgres:${PG:-16}'}\n");
        var workloads = await _files.ListAsync();
        Assert.Equal(["registry.example/web:1.2", "postgres:16"], workloads.Select(workload => workload.Image));
        Assert.Equal("1.2", workloads[0].Labels["v"]);
    }

    [Fact]
    public async Task This_processs_environment_is_not_asked()
    {
        // PATH is set wherever a test runs.
        _files.Write("compose.yaml", "services:\n  web: {image: 'web:${PATH}'}\n");
        Assert.Empty(await _files.ListAsync());
        Assert.Contains($"needs the variable PATH, which has no default and is not set in '{_files[".env"]}', which is not there",
            Assert.Single(_files.Notices.Failures).Message);
    }

    [Theory]
    [InlineData("'web:${TAG}'", "TAG=", "becomes 'web:', and that is no image reference")]
    [InlineData("'web:${TAG}'", "A=1", "needs the variable TAG, which has no default and is not set in")]
    [InlineData("'web:${TAG:?say which}'", "A=1", "needs the variable TAG, which is not set: say which")]
    [InlineData("'web:${TAG'", "A=1", "without its '}'")]
    [InlineData("'web:${TAG}'", "TAG='1", "line 1: a quote has no end")]
    [InlineData("'web:{{ tag }}'", "A=1", "is a template expression")]
    [InlineData("{{ image }}", "A=1", "is no string")]
    public async Task An_image_that_cannot_be_told_is_a_failure_with_its_line_and_the_rest_goes_on(string image, string env, string fault)
    {
        _files.Write(".env", env);
        var path = _files.Write("compose.yaml", $"services:\n  db: {{image: 'x:1'}}\n  web:\n    image: {image}\n");
        Assert.Equal("x:1", Assert.Single(await _files.ListAsync()).Image);
        var failure = Assert.Single(_files.Notices.Failures);
        Assert.StartsWith($"'{path}' line 4: Service/web is not listed: ", failure.Message);
        Assert.Contains(fault, failure.Message);
    }

    [Fact]
    public async Task An_extended_service_gives_its_image()
    {
        _files.Write("base/common.yaml", "services:\n  app: {image: 'app:${TAG:-1}'}\n  own: {extends: app, image: 'own:1'}\n");
        _files.Write("compose.yaml", """
            services:
              a: {image: "x:1"}
              b: {extends: a}
              c: {extends: {service: b}}
              d: {extends: {file: base/common.yaml, service: app}}
              e: {extends: {file: base/common.yaml, service: own}}
              f: {extends: a, image: !reset null}
            """);
        Assert.Equal(["a x:1", "b x:1", "c x:1", "d app:1", "e own:1"], (await _files.ListAsync(_files["compose.yaml"])).Select(workload =>
            $"{workload.Name} {workload.Image}"));
    }

    [Theory]
    [InlineData("{service: web}", "extends itself")]
    [InlineData("nobody", "the service 'nobody' that it extends is not in")]
    [InlineData("{file: none.yaml, service: a}", "none.yaml' cannot be read")]
    [InlineData("{file: broken.yaml, service: a}", "broken.yaml' is no valid YAML")]
    [InlineData("{file: other.yaml, service: a}", "other.yaml', which it extends, has no services")]
    [InlineData("{file: 'https://example.org/compose.yaml', service: a}", "is not fetched")]
    [InlineData("{file: '${DIR}/x.yaml', service: a}", "needs the variable DIR")]
    [InlineData("{file: x.yaml}", "names no service")]
    public async Task An_extends_that_leads_nowhere_is_a_failure(string extends, string fault)
    {
        _files.Write("broken.yaml", "a: [");
        _files.Write("other.yaml", "a: b");
        _files.Write("compose.yaml", $"services:\n  web: {{extends: {extends}}}\n");
        Assert.Empty(await _files.ListAsync(_files["compose.yaml"]));
        Assert.Contains(fault, Assert.Single(_files.Notices.Failures).Message);
    }

    [Fact]
    public async Task Merge_keys_and_aliases_give_their_image()
    {
        _files.Write("compose.yaml", """
            x-image: &image registry.example/app:1
            x-app: &app
              image: *image
              restart: always
            services:
              a: *app
              b: {<<: *app, image: "own:1"}
              c:
                <<: *app
                command: c
            """);
        Assert.Equal(["a registry.example/app:1", "b own:1", "c registry.example/app:1"], (await _files.ListAsync()).Select(workload =>
            $"{workload.Name} {workload.Image}"));
    }

    [Fact]
    public async Task The_form_before_2015_is_a_warning()
    {
        _files.Write("docker-compose.yml", "web:\n  image: x:1\n");
        Assert.Empty(await _files.ListAsync());
        Assert.Contains(_files.Notices.Warnings, warning => warning.Contains("without a 'services' key", StringComparison.Ordinal));
    }

    public void Dispose() => _files.Dispose();
}
