using PatchContainers.Platforms.Docker.Compose;
using PatchContainers.Platforms.Yaml;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker.Compose;

public sealed class ComposeProjectTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Services_come_after_those_that_they_wait_for()
    {
        var project = Read("""
            services:
              web: { image: web, depends_on: [api], links: ["cache:c"] }
              api:
                image: api
                depends_on:
                  db: { condition: service_healthy }
                  setup: { condition: service_completed_successfully }
                  mail: { condition: service_started, required: false }
              setup: { image: setup, volumes_from: ["db:ro", "container:other"] }
              db: { image: db }
              cache: { image: cache }
              side: { image: side, network_mode: "service:web" }
            """);
        Assert.Equal(["db", "setup", "api", "cache", "web", "side"], project.Order);
        Assert.Equal([new("db", ComposeCondition.Healthy, true), new("setup", ComposeCondition.Completed, true),
            new("mail", ComposeCondition.Started, false)], project.DependenciesOf("api"));
        Assert.Equal([new("db", ComposeCondition.Started, true)], project.DependenciesOf("setup"));
    }

    [Theory]
    [InlineData("name: my-shop\n", "", "", "my-shop")]
    [InlineData("name: my-${STAGE:-test}\n", "STAGE=live\n", "", "my-live")]
    [InlineData("name: my-shop\n", "COMPOSE_PROJECT_NAME=other\n", "", "other")]
    [InlineData("name: my-shop\n", "", "named", "named")]
    [InlineData("", "", "", "webshop_2")]
    public void A_project_is_called_as_compose_calls_it(string top, string env, string named, string expected)
    {
        Directory.CreateDirectory(_folder["_Web Shop_2"]);
        File.WriteAllText(_folder["_Web Shop_2", ".env"], env);
        Assert.Equal(expected, Read(top + "services: { web: { image: web } }\n", "_Web Shop_2/compose.yaml", named).Name);
    }

    [Theory]
    [InlineData("services: { a: { image: a, depends_on: [b] }, b: { image: b, depends_on: [a] } }", "wait for each other: a -> b -> a")]
    [InlineData("apiVersion: v1\nkind: Pod\n", "is no Compose file")]
    public void What_is_no_project_is_an_error_that_names_the_file(string text, string fault)
    {
        var e = Assert.Throws<PatchException>(() => Read(text));
        Assert.Equal(PatchErrorCode.InvalidData, e.Code);
        Assert.Contains(fault, e.Message, StringComparison.Ordinal);
        Assert.Contains("compose.yaml", e.Message, StringComparison.Ordinal);
    }

    private ComposeProject Read(string text, string file = "compose.yaml", string named = "")
    {
        var path = Path.Combine(_folder.Path, file);
        File.WriteAllText(path, text);
        return ComposeProject.Read(path, named, YamlLimits.Default, Token);
    }
}
