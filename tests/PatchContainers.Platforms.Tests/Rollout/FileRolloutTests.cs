using System.Text;
using PatchContainers.History;
using PatchContainers.Rollout;
using PatchContainers.Rollout.Journal;
using PatchContainers.Updating;
using Xunit;

namespace PatchContainers.Platforms.Tests.Rollout;

/// <summary>Whole rollouts over real manifests and Compose files.</summary>
public sealed class FileRolloutTests : IDisposable
{
    private const string OldDigest = "sha256:fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";

    private readonly FileSet _files = new();
    private readonly FileJournalStore _journal;
    private readonly HistoryFile _history;
    private readonly QuarantineStore _quarantine;
    private GateVerdict _verdict = GateVerdict.Passed;

    public FileRolloutTests()
    {
        var state = new PatchState(_files["state"]);
        _journal = new FileJournalStore(state, TimeProvider.System);
        _history = new HistoryFile(state.History, TimeProvider.System);
        _quarantine = new QuarantineStore(SharedState.OfFolder(state, TimeProvider.System).Quarantine, TimeProvider.System);
        foreach (var ring in (string[])["staging", "production"])
        {
            // A byte order mark, CRLF, comments, quotes, two documents, no line break at the end.
            _files.Write($"deploy/{ring}/web.yaml", [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(
                "# keep me\r\napiVersion: apps/v1\r\nkind: Deployment\r\nmetadata: {name: web}\r\nspec:\r\n  template:\r\n    spec:\r\n      containers:\r\n"
                + "      - name: app\r\n        image:   \"registry.example/shop/web:1.2\"   # pinned below\r\n      - name: log\r\n        image: registry.example/log:1\r\n"
                + "---\r\napiVersion: batch/v1\r\nkind: CronJob\r\nmetadata: {name: tidy}\r\nspec:\r\n  jobTemplate:\r\n    spec:\r\n      template:\r\n        spec:\r\n          containers:\r\n"
                + $"          - {{name: tidy, image: 'registry.example/shop/web:1.2@{OldDigest}'}}")]);
            _files.Write($"deploy/{ring}/compose.yaml", "services:\n  web:\n    image: &web registry.example/shop/web:1.2\n  worker:\n    image: *web\n  db:\n    image: postgres:16\n");
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private RolloutService Service => new(_journal, _quarantine, _history, target => _files.Platforms.OpenFiles(target.Path),
        _files.Platforms.OpenOrchestrators(null), g => new Gate(g.Name, () => _verdict), null, TimeProvider.System);

    public void Dispose()
    {
        _journal.Dispose();
        _history.Dispose();
        _files.Dispose();
    }

    [Fact]
    public async Task A_rollout_changes_the_image_scalars_and_no_other_byte_and_undo_gives_every_byte_back()
    {
        var before = ReadAll();
        var rollout = await RunAsync("staging", "production");

        Assert.True(rollout.Status == RolloutStatus.Succeeded, rollout.Reason);
        Assert.Equal(8, rollout.Changes.Count);
        Assert.All(rollout.Changes, c => Assert.Equal(ChangeStatus.Written, c.Status));
        Assert.Equal(before.Select(Expected), ReadAll());

        var undone = await Service.UndoAsync(rollout.Id, RollbackScope.Rollout, _files.Notices, Token);
        Assert.True(undone.Status == RolloutStatus.RolledBack, undone.Reason);
        Assert.Equal(before, ReadAll());
        Assert.True((await _history.VerifyAsync(HistoryHead.Parse(undone.HistoryHead), Token)).IsIntact);
    }

    [Fact]
    public async Task A_gate_that_fails_gives_every_byte_back()
    {
        var before = ReadAll();
        _verdict = GateVerdict.Failed;
        var rollout = await RunAsync("staging", "production");
        Assert.True(rollout.Status == RolloutStatus.RolledBack, rollout.Reason);
        Assert.Equal(before, ReadAll());
    }

    [Fact]
    public async Task Staging_then_production_takes_what_passed_staging()
    {
        var before = ReadAll();
        Assert.Equal(RolloutStatus.Succeeded, (await RunAsync("staging")).Status);
        Assert.Equal(before[2..], ReadAll()[2..]);
        Assert.Equal(RolloutStatus.Succeeded, (await RunAsync("production")).Status);
        Assert.Equal(before.Select(Expected), ReadAll());
    }

    [Theory]
    [InlineData("clone")]
    [InlineData("a %7E folder #1~2/deploy")]
    public async Task A_clone_at_another_path_takes_to_production_what_its_staging_holds_from_the_first(string clone)
    {
        await RunAsync("staging");
        foreach (var name in (string[])["staging/web.yaml", "staging/compose.yaml", "production/web.yaml", "production/compose.yaml"])
        {
            _files.Write($"{clone}/{name}", _files.Read($"deploy/{name}"));
        }

        var rollout = await RunInAsync(clone, "production");
        Assert.Equal((RolloutStatus.Succeeded, 4), (rollout.Status, rollout.Changes.Count));

        _files.Write("other/production/compose.yaml", _files.Read("deploy/production/compose.yaml"));
        _files.Write("other/staging/compose.yaml", _files.Read("deploy/production/compose.yaml"));
        var e = await Assert.ThrowsAsync<PatchException>(() => RunInAsync("other", "production"));
        Assert.Equal(PatchErrorCode.NotPromotable, e.Code);
        Assert.Contains("compose://staging/compose.yaml/web holds registry.example/shop/web:1.2: bring here", e.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_with_a_variable_stops_the_rollout_before_it_begins_and_names_the_variable()
    {
        _files.Write("deploy/staging/other.compose.yaml", "services:\n  api:\n    image: registry.example/shop/web:${TAG:-1.2}\n");
        var before = ReadAll();
        var e = await Assert.ThrowsAsync<PatchException>(() => RunAsync("staging", "production"));
        Assert.Equal(PatchErrorCode.ChangeRefused, e.Code);
        Assert.Contains("TAG", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, ReadAll());
    }

    private static string Expected(string text) => text
        .Replace($"registry.example/shop/web:1.2@{OldDigest}", FileSet.NewImage, StringComparison.Ordinal)
        .Replace("registry.example/shop/web:1.2\"", FileSet.NewImage + "\"", StringComparison.Ordinal)
        .Replace("registry.example/shop/web:1.2\n", FileSet.NewImage + "\n", StringComparison.Ordinal);

    private string[] ReadAll() =>
    [
        .. ((string[])["staging/web.yaml", "staging/compose.yaml", "production/web.yaml", "production/compose.yaml"])
            .Select(name => Encoding.Latin1.GetString(_files.Read($"deploy/{name}"))),
    ];

    private Task<PatchRollout> RunAsync(params string[] rings) => RunInAsync("deploy", rings);

    private async Task<PatchRollout> RunInAsync(string folder, params string[] rings)
    {
        var request = new RolloutRequest
        {
            Plan = PatchPlan.OfFolders(_files[folder], rings, [new RolloutGate("gate", "test", new Dictionary<string, string>())]),
            Updates =
            [
                new BaseImageUpdate
                {
                    Image = "registry.example/shop/web:1.2",
                    Digest = OldDigest,
                    NewImage = "registry.example/shop/web:1.2-patched-01234567",
                    NewDigest = FileSet.Digest,
                    Status = UpdateStatus.Updated,
                },
            ],
        };
        return await Service.StartAsync(await Service.PlanAsync(request, _files.Notices, Token), new RolloutRunOptions(), _files.Notices, Token);
    }

    private sealed class Gate(string name, Func<GateVerdict> verdict) : IHealthGate
    {
        public string Name => name;

        public Task<GateResult> EvaluateAsync(GateContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(new GateResult { Gate = name, Verdict = verdict(), Detail = "It was asked." });
    }
}
