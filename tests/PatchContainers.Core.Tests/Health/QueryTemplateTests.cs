using PatchContainers.Health;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Core.Tests.Health;

public sealed class QueryTemplateTests
{
    private const string Digest = "sha256:bbbb";

    [Theory]
    [InlineData("""up{ring="{{ring}}"}""", """up{ring="staging"}""")]
    [InlineData("""up{ring="a-{{ ring }}-z"}""", """up{ring="a-staging-z"}""")]
    [InlineData("""up{namespace="{{namespace}}",pod=~"{{workload}}-.+",digest!="{{digest}}"}""",
        """up{namespace="shop",pod=~"web-.+",digest!="sha256:bbbb"}""")]
    [InlineData("up{ring=`{{ring}}`} # {{nothing}} \"\n + 1", "up{ring=`staging`} # {{nothing}} \"\n + 1")]
    [InlineData("""label_replace(up, "a", "\"{{ring}}", "b", "")""", """label_replace(up, "a", "\"staging", "b", "")""")]
    [InlineData("sum(rate(up[5m]))", "sum(rate(up[5m]))")]
    public void Places_are_filled(string query, string filled) =>
        Assert.Equal(filled, QueryTemplate.Parse(query).Fill(new GatePlaces("staging", [Change("shop", "web")])));

    // What stands in the quotes stays in them, and means itself.
    [Theory]
    [InlineData("""up{ring="{{ring}}"}""", """a"b\c""", """up{ring="a\"b\\c"}""")]
    [InlineData("up{ring='{{ring}}'}", "a'b\"", "up{ring='a\\'b\"'}")]
    [InlineData("""up{ring="{{ring}}"}""", "a\nb", """up{ring="a\nb"}""")]
    [InlineData("""up{ring=~"{{ring}}"}""", "a.b|c", """up{ring=~"a\\.b\\|c"}""")]
    [InlineData("up{ring=~`{{ring}}`}", "a.b", "up{ring=~`a\\.b`}")]
    [InlineData("""up{ring !~ "{{ring}}"}""", "a+", """up{ring !~ "a\\+"}""")]
    [InlineData("""up{ring="{{ring}}"}""", "\"} or vector(1) #", """up{ring="\"} or vector(1) #"}""")]
    public void A_value_cannot_leave_its_string(string query, string ring, string filled) =>
        Assert.Equal(filled, QueryTemplate.Parse(query).Fill(new GatePlaces(ring, [])));

    [Fact]
    public void Several_values_are_alternatives_of_an_expression_and_nothing_else()
    {
        var places = new GatePlaces("staging", [Change("shop", "web"), Change("shop", "api"), Change("shop", "web")]);
        Assert.Equal("""up{pod=~"(?:api|web)-.*",ns="shop"}""",
            QueryTemplate.Parse("""up{pod=~"{{workload}}-.*",ns="{{namespace}}"}""").Fill(places));
        var e = Assert.Throws<PatchException>(() => QueryTemplate.Parse("""up{pod="{{workload}}"}""").Fill(places));
        Assert.Equal(PatchErrorCode.InvalidArgument, e.Code);
        Assert.Contains("""=~"{{workload}}""", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kubernetes://prod/shop/Deployment/web#app", "", "shop", "web")]
    [InlineData("kubernetes://arn:aws:eks:eu:1:cluster/prod/shop/Deployment/web#app", "", "shop", "web")]
    [InlineData("manifest:///git/staging/web.yaml/shop/Deployment/web#app~2", "/git/staging/web.yaml", "shop", "web")]
    [InlineData("manifest:///git/staging/web.yaml/Deployment/web#app", "/git/staging/web.yaml", "", "web")]
    [InlineData("compose:///git/staging/compose.yaml/web~2", "/git/staging/compose.yaml", "", "web")]
    public void Names_come_from_the_workloads_id(string id, string path, string space, string name)
    {
        var places = new GatePlaces("staging", [Change(string.Empty, string.Empty) with { Workload = id, Path = path }]);
        Assert.Equal([name], places.All("workload"));
        if (space.Length > 0)
        {
            Assert.Equal([space], places.All("namespace"));
        }
        else
        {
            Assert.Equal(PatchErrorCode.InvalidArgument, Assert.Throws<PatchException>(() => places.All("namespace")).Code);
        }
    }

    [Theory]
    [InlineData("""up{a="b}""", "does not end")]
    [InlineData("""up{a="{{pod}}"}""", "{{pod")]
    [InlineData("""up{a="{{ring"}""", "{{")]
    [InlineData("up{{{ring}}}", "{{")]
    [InlineData("{{workload}}_errors", "outside of a string")]
    public void A_query_that_cannot_be_filled_is_refused(string query, string fault) =>
        Assert.Contains(fault, Assert.Throws<FormatException>(() => QueryTemplate.Parse(query)).Message, StringComparison.Ordinal);

    private static RolloutChange Change(string space, string name) => new()
    {
        Workload = $"kubernetes://prod/{space}/Deployment/{name}#app",
        Platform = "Kubernetes",
        Ring = "staging",
        OldImage = "registry.example/web:1",
        NewImage = $"registry.example/web:2@{Digest}",
        NewDigest = Digest,
    };
}
