using System.Text.Json.Nodes;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Http;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Anchore;

/// <summary>Real answers of Anchore's, given by the API.</summary>
public sealed class AnchoreAnswerTests
{
    [Theory]
    [InlineData("anchore_engine/many_vulns.json")]
    [InlineData("anchore_engine/many_vulns_2.4.1.json")]
    [InlineData("anchore_engine/no_vuln.json")]
    public async Task A_real_list_of_vulnerabilities_is_kept_whole(string file)
    {
        var path = ConformanceData.Find(["anchore", "reports-defectdojo", .. file.Split('/')]);
        Assert.SkipWhen(path is null, ConformanceData.SkipReason);
        await using var scene = await AnchoreScene.OpenAsync();
        var report = JsonNode.Parse(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken))!.AsObject();
        var rows = report["vulnerabilities"]!.AsArray();

        // The test data have their digests crossed out.
        foreach (var name in (string[])["imageDigest", "image_digest"])
        {
            report.Remove(name);
        }

        report["imageDigest"] = scene.Digest;
        scene.Anchore.Instead = r => r.Target.Contains("/vuln/all", StringComparison.Ordinal) ? new StubAnswer(200, report.ToJsonString()) : null;
        var result = Assert.Single(await scene.ScanAsync());
        Assert.Equal(rows.Select(r => r!["vuln"]!.GetValue<string>()).Order(StringComparer.Ordinal), result.Findings.Select(f => f.Id).Order(StringComparer.Ordinal));
        Assert.Equal("stop", result.Policy!.Action);
    }

    [Theory]
    [InlineData("no_checks.json")]
    [InlineData("one_check.json")]
    [InlineData("many_checks.json")]
    public async Task A_real_evaluation_is_the_policy_s_verdict(string file)
    {
        var path = ConformanceData.Find("anchore", "reports-defectdojo", "anchore_enterprise", file);
        Assert.SkipWhen(path is null, ConformanceData.SkipReason);
        await using var scene = await AnchoreScene.OpenAsync();
        var list = JsonNode.Parse(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken))!.AsArray();
        var tags = list[0]!.AsObject().Single().Value!.DeepClone();
        var own = new JsonArray(new JsonObject { [scene.Digest] = tags });
        scene.Anchore.Instead = r => r.Target.Contains("/check?", StringComparison.Ordinal) ? new StubAnswer(200, own.ToJsonString()) : null;
        var policy = Assert.Single(await scene.ScanAsync()).Policy!;
        var evaluation = tags.AsObject().Single().Value!.AsArray()[0]!;
        var result = evaluation["detail"]!["result"]!;
        Assert.Equal((evaluation["policyId"]!.GetValue<string>(), result["final_action"]!.GetValue<string>()), (policy.Id, policy.Action));
var table = result["result"]!.AsObject().Single(r => r.Value is JsonObject).Value!["result"]!;
        var rows = table["rows"]!.AsArray();
        var id = table["header"]!.AsArray().Select(h => h!.GetValue<string>()).ToList().IndexOf("Trigger_Id");
        var named = rows.Count(r => r![id]!.GetValue<string>().Contains('+', StringComparison.Ordinal));
        Assert.Contains($"{named} rows name a vulnerability, {rows.Count - named} do not", policy.Detail, StringComparison.Ordinal);
    }
}
