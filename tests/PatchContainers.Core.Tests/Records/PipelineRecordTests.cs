using PatchContainers.Records;
using PatchContainers.Staleness;
using PatchContainers.Updating;
using Xunit;

namespace PatchContainers.Core.Tests.Records;

public sealed class PipelineRecordTests
{
    [Fact]
    public void A_pipeline_record_goes_on_with_the_new_image_of_an_update_and_the_own_one_otherwise()
    {
        var update = PipelineRecord.From(RecordSamples.Update);
        Assert.Equal(RecordSamples.Update.NewImage, update.CurrentImage);
        Assert.Equal(RecordSamples.Update.Image, update.Image);
        Assert.Equal($"{RecordSamples.Update.NewImage}@{RecordSamples.Update.NewDigest}", update.ToReference().ToString());

        var refused = PipelineRecord.From(RecordSamples.Update with { Status = UpdateStatus.Refused, NewImage = "", NewDigest = "" });
        Assert.Equal(RecordSamples.Update.Image, refused.CurrentImage);

        foreach (var record in new object[] { RecordSamples.Stale, RecordSamples.Scan })
        {
            var target = PipelineRecord.From(record).ToScanTarget([]);
            Assert.Equal("registry.example/app:1.4", target.Name);
            Assert.Equal(RecordSamples.Stale.Digest, target.Image.Digest.ToString());
            Assert.Same(RecordSamples.Base, target.Base);
            Assert.Single(target.Workloads);
        }

        Assert.Equal("registry.example/app:1.4", PipelineRecord.From(RecordSamples.Workload).ToReference().ToString());
        Assert.Throws<PatchException>(() => PipelineRecord.From(RecordSamples.Rollout));
        Assert.Throws<PatchException>(() => PipelineRecord.From(RecordSamples.History));
    }

    [Fact]
    public void The_new_image_of_an_update_stands_on_the_current_base()
    {
        var target = PipelineRecord.From(RecordSamples.Update).ToUpdateTarget();
        Assert.Equal(RecordSamples.Update.NewImage, target.Name);
        Assert.Equal(RecordSamples.Base.CurrentDigest, target.Base.RecordedDigest);
        Assert.Equal(RecordSamples.Base.RecordedDigest, PipelineRecord.From(RecordSamples.Stale).ToUpdateTarget().Base.RecordedDigest);
    }

    [Fact]
    public void A_planned_update_goes_on_with_the_image_that_is_there()
    {
        var planned = PipelineRecord.From(RecordSamples.Update with { Status = UpdateStatus.Planned });
        Assert.Equal(RecordSamples.Update.Image, planned.CurrentImage);
        Assert.Equal(RecordSamples.Update.Digest, planned.CurrentDigest);
    }

    [Fact]
    public void A_rollout_takes_an_update_as_it_is_and_any_other_record_as_one_that_has_yet_to_be_made()
    {
        Assert.Same(RecordSamples.Update, PipelineRecord.From(RecordSamples.Update).ToUpdate());

        var planned = PipelineRecord.From(RecordSamples.Scan).ToUpdate();
        Assert.Equal((UpdateStatus.Planned, RecordSamples.Scan.Image, string.Empty), (planned.Status, planned.Image, planned.NewImage));
        Assert.Contains("Update-BaseImage", Assert.Single(planned.Reasons), StringComparison.Ordinal);

        var e = Assert.Throws<PatchException>(() => PipelineRecord.From(RecordSamples.Workload).ToUpdate());
        Assert.Equal(PatchErrorCode.InvalidArgument, e.Code);
        Assert.Throws<PatchException>(() => PipelineRecord.From(new StaleImage { Image = "app" }).ToUpdate());
    }
}
