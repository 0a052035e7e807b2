using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Manifests;

/// <summary>A manifest whose image a kustomization sets is not edited: the edit would not arrive.</summary>
public sealed class KustomizationTreeTests : IDisposable
{
    private const string Name = "registry.example/shop/web";
    private const string Pin = "resources: [web.yaml]\nimages:\n- name: " + Name + "\n  newTag: v2\n";

    private readonly FileSet _files = new();

    public KustomizationTreeTests() => _files.Write("deploy/staging/base/web.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: app, image: '" + Name + ":1.2'}]}\n");

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("deploy/staging/base/kustomization.yaml", Pin, 3)]
    [InlineData("deploy/staging/base/kustomization.yml", Pin, 3)]
    [InlineData("deploy/staging/base/Kustomization", Pin, 3)]
    [InlineData("deploy/staging/kustomization.yaml", "images: [{name: " + Name + ", digest: 'sha256:00'}]\nresources: [./base/web.yaml]\n", 1)]
    [InlineData("deploy/kustomization.yaml", "images: [{name: " + Name + ", newName: other}]\nbases: [staging/base/web.yaml]\n", 1)]
    [InlineData("kustomization.yaml", "images: [{name: '.*/web', tagSuffix: -x}]\ncomponents: [deploy/staging/base/web.yaml]\n", 1)]
    [InlineData("deploy/overlay/kustomization.yaml", "images: [{name: " + Name + ", newTag: v2}]\npatches: [{path: ../staging/base/web.yaml}]\n", 1)]
    public async Task A_change_that_a_kustomization_would_override_is_refused_and_names_the_entry(string path, string text, int line)
    {
        _files.Write(path, text);
        var change = await CheckAsync();
        Assert.Equal(ChangeStatus.Refused, change.Status);
        Assert.Contains($"the kustomization '{_files[path]}'", change.Detail);
        Assert.Contains($"in line {line} wins", change.Detail);
        Assert.EndsWith("Change the entry there.", change.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_outermost_kustomization_wins_through_any_number_of_others()
    {
        _files.Write("deploy/staging/base/kustomization.yaml", Pin);
        _files.Write("deploy/staging/middle/kustomization.yaml", "resources: [../base/]\n");
        _files.Write("deploy/overlays/x/kustomization.yaml",
            "resources: [../../staging/middle, 'https://example.org/x?ref=1']\nimages:\n- {name: other, newTag: v1}\n- {name: " + Name + ", newTag: v3}\n");
        var change = await CheckAsync();
        Assert.Contains("overlays", change.Detail);
        Assert.Contains("line 4 wins over what the file names (newTag 'v3')", change.Detail);
    }

    [Theory]
    [InlineData("deploy/staging/base/kustomization.yaml", "resources: [web.yaml]\nimages: [{name: web, newTag: v2}]\n")]
    [InlineData("deploy/staging/base/kustomization.yaml", "resources: [web.yaml]\nimages: [{name: " + Name + "}]\n")]
    [InlineData("deploy/staging/base/kustomization.yaml", "resources: [web.yaml]\nimages: [{name: " + Name + ", newTag: v2, digest: '" + FileSet.Digest + "'}]\n")]
    [InlineData("deploy/staging/base/kustomization.yaml", "resources: [db.yaml]\nimages: [{name: " + Name + ", newTag: v2}]\n")]
    [InlineData("deploy/staging/base/kustomization.yaml", "resources: [.]\nimages: [{name: '[', newTag: v2}]\n")]
    [InlineData("elsewhere/kustomization.yaml", "resources: [")]
    public async Task A_kustomization_that_does_not_touch_the_image_stands_in_no_ones_way(string path, string text)
    {
        _files.Write(path, text);
        var change = await CheckAsync();
        Assert.True(change.Status == ChangeStatus.Planned, change.Detail);
    }

    [Fact]
    public async Task A_kustomization_that_cannot_be_read_may_set_the_image()
    {
        var path = _files.Write("deploy/kustomization.yaml", "images: [");
        var change = await CheckAsync();
        Assert.Equal(ChangeStatus.Refused, change.Status);
        Assert.Contains($"'{path}' may set the image, and cannot be read", change.Detail);
    }

    private async Task<RolloutChange> CheckAsync() =>
        Assert.Single(await _files.CheckAsync(FileSet.Change(await _files.OneAsync("deploy/staging/base/web.yaml"))));
}
