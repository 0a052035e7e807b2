using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Files;

/// <summary>One scalar that is many containers' image.</summary>
public sealed class SharedImageTests : IDisposable
{
    private const string Compose = """
        x-image: &image registry.example/app:1
        x-app: &app
          image: *image
          restart: always
        services:
          a: {image: *image}
          b:
            <<: *app
            command: b
          c: {extends: b}
          d: *app
          own: {<<: *app, image: "own:1"}
        """;

    private readonly FileSet _files = new();

    [Fact]
    public async Task An_anchor_is_edited_when_the_plan_has_all_its_users()
    {
        _files.Write("compose.yaml", Compose);
        var changes = await PlanAsync("a", "b", "c", "d");
        Assert.All(changes, change => Assert.True(change.Status == ChangeStatus.Planned, change.Detail));
        foreach (var change in changes)
        {
            Assert.Equal(ChangeStatus.Written, (await _files.ApplyAsync(change)).Status);
            Assert.Equal(Compose.Replace("registry.example/app:1", FileSet.NewImage, StringComparison.Ordinal),
                _files.ReadText("compose.yaml"));
        }

        foreach (var change in changes)
        {
            Assert.Equal(ChangeStatus.RolledBack, (await _files.RevertAsync(change)).Status);
            Assert.Equal(Compose, _files.ReadText("compose.yaml"));
        }
    }

    [Theory]
    [InlineData("a", "compose.yaml/b', 'PATH/compose.yaml/c', 'PATH/compose.yaml/d'")]
    [InlineData("a b c", "compose.yaml/d'")]
    [InlineData("b c d own", "compose.yaml/a'")]
    public async Task An_anchor_with_users_outside_the_plan_is_refused_naming_them(string planned, string others)
    {
        _files.Write("compose.yaml", Compose);
        foreach (var change in await PlanAsync(planned.Split(' ')))
        {
            if (change.Workload.EndsWith("/own", StringComparison.Ordinal))
            {
                Assert.Equal(ChangeStatus.Planned, change.Status);
                continue;
            }

            Assert.Equal(ChangeStatus.Refused, change.Status);
            var named = $"'compose://{_files.Root}/{others.Replace("PATH", "compose://" + _files.Root, StringComparison.Ordinal)}";
            Assert.Contains($"shared (by an anchor or 'extends') with {named}, which the plan does not change", change.Detail);
        }
    }

    [Fact]
    public async Task An_override_beside_a_merge_key_is_its_own()
    {
        _files.Write("compose.yaml", Compose);
        var change = Assert.Single(await PlanAsync("own"));
        Assert.Equal(ChangeStatus.Planned, change.Status);
        await _files.ApplyAsync(change);
        Assert.Equal(Compose.Replace("own:1", FileSet.NewImage, StringComparison.Ordinal), _files.ReadText("compose.yaml"));
    }

    [Fact]
    public async Task Users_that_shall_become_different_things_are_refused()
    {
        _files.Write("compose.yaml", "x-i: &i x:1\nservices: {a: {image: *i}, b: {image: *i}}\n");
        var workloads = await _files.ListAsync();
        var changes = await _files.CheckAsync(FileSet.Change(workloads[0]), FileSet.Change(workloads[1], "other:2@" + FileSet.Digest));
        Assert.All(changes, change => Assert.Equal(ChangeStatus.Refused, change.Status));
        Assert.Contains("the plan wants several things of it", changes[0].Detail);
    }

    [Fact]
    public async Task Users_in_different_rings_are_refused()
    {
        _files.Write("compose.yaml", "x-i: &i x:1\nservices: {a: {image: *i}, b: {image: *i}}\n");
        var workloads = await _files.ListAsync();
        var changes = await _files.CheckAsync(FileSet.Change(workloads[0]), FileSet.Change(workloads[1], ring: "production"));
        Assert.All(changes, change => Assert.Equal(ChangeStatus.Refused, change.Status));
        Assert.Contains("in the rings staging, production", changes[1].Detail);
    }

    [Fact]
    public async Task A_file_under_two_names_is_refused_across_rings()
    {
        _files.Write("base/compose.yaml", "services: {a: {image: 'x:1'}}\n");
        Directory.CreateDirectory(_files["staging"]);
        File.CreateSymbolicLink(_files["staging/compose.yaml"], _files["base/compose.yaml"]);
        Directory.CreateSymbolicLink(_files["production"], _files["base"]);
        var staging = await _files.OneAsync("staging/compose.yaml");
        var production = await _files.OneAsync("production/compose.yaml");
        var changes = await _files.CheckAsync(FileSet.Change(staging), FileSet.Change(production, ring: "production"));
        Assert.All(changes, change => Assert.Equal(ChangeStatus.Refused, change.Status));
        Assert.Contains("an edit for the first ring would reach them all", changes[0].Detail);
        Assert.Equal(ChangeStatus.Planned, Assert.Single(await _files.CheckAsync(FileSet.Change(staging))).Status);
    }

    [Theory]
    [InlineData("spec: {containers: [{name: c, image: &i x:1}]}\nmetadata: {name: n, labels: {v: *i}}\n", 4)]
    [InlineData("metadata: {name: n, labels: {v: &i x:1}}\nspec: {containers: [{name: c, image: *i}]}\n", 3)]
    [InlineData("metadata: {name: n, labels: &l {v: &i x:1}}\nspec: {containers: [{name: c, image: *i}], selector: *l}\n", 3)]
    [InlineData("x-images: [&i x:1]\nmetadata: {name: n}\nspec: {containers: [{name: c, image: *i}]}\n", 0)]
    [InlineData("metadata: &m {name: n}\nspec: {containers: [{name: c, image: &i x:1}], copy: *m}\n", 0)]
    public async Task A_value_that_is_no_image_counts_as_a_user(string text, int line)
    {
        _files.Write("pod.yaml", "apiVersion: v1\nkind: Pod\n" + text);
        var change = Assert.Single(await _files.CheckAsync(FileSet.Change(await _files.OneAsync("pod.yaml"))));
        Assert.Equal(line == 0 ? ChangeStatus.Planned : ChangeStatus.Refused, change.Status);
        Assert.Contains(line == 0 ? string.Empty : $"the value in line {line}, which is no container's image", change.Detail);
    }

    [Fact]
    public async Task An_alias_of_the_whole_container_is_a_user_too()
    {
        _files.Write("pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: n}\nspec:\n  containers:\n  - &c {name: a, image: x:1}\n  - *c\n");
        var workloads = await _files.ListAsync();
        Assert.Equal(["#a", "#a~2"], workloads.Select(workload => workload.Id[workload.Id.IndexOf('#', StringComparison.Ordinal)..]));
        Assert.Equal(ChangeStatus.Refused, Assert.Single(await _files.CheckAsync(FileSet.Change(workloads[1]))).Status);
        Assert.All(await _files.CheckAsync([.. workloads.Select(workload => FileSet.Change(workload))]), change =>
            Assert.Equal(ChangeStatus.Planned, change.Status));
    }

    [Fact]
    public async Task An_image_inherited_from_another_file_is_refused_naming_it()
    {
        var common = _files.Write("common.yaml", "services: {app: {image: 'x:1'}}\n");
        _files.Write("compose.yaml", "services: {web: {extends: {file: common.yaml, service: app}}}\n");
        var workloads = await _files.ListAsync();
        var changes = await _files.CheckAsync([.. workloads.Select(workload => FileSet.Change(workload))]);
        Assert.Equal([ChangeStatus.Planned, ChangeStatus.Refused], changes.Select(change => change.Status));
        Assert.Contains($"inherited from the service 'app' in '{common}'", changes[1].Detail);
    }

    private async Task<IReadOnlyList<RolloutChange>> PlanAsync(params string[] services)
    {
        var workloads = await _files.ListAsync();
        return await _files.CheckAsync([.. services.Select(name => FileSet.Change(workloads.Single(workload => workload.Name == name)))]);
    }

    public void Dispose() => _files.Dispose();
}
