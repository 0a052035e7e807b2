using System.Management.Automation;
using PatchContainers.Images;
using PatchContainers.PowerShell.Completers;
using PatchContainers.PowerShell.Pipeline;
using PatchContainers.Records;

namespace PatchContainers.PowerShell;

/// <summary>The base of the cmdlets that take images, by name or as records of earlier commands.</summary>
public abstract class ImageCmdlet : StoreCmdlet
{
    /// <summary>The parameter set of images by name.</summary>
    protected const string ImageSet = "Image";

    /// <summary>The parameter set of records.</summary>
    protected const string InputObjectSet = "InputObject";

    /// <summary>Images by name: registry.example/app:1.4, oci:DIR[:TAG], docker-archive:FILE[:REF], docker-daemon:NAME:TAG.</summary>
    [Parameter(ParameterSetName = ImageSet, Position = 0, Mandatory = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public virtual string[] Image { get; set; } = [];

    /// <summary>Records of earlier commands, in any form in which they arrive, or image names.</summary>
    [Parameter(ParameterSetName = InputObjectSet, ValueFromPipeline = true, Mandatory = true)]
    [RecordTransformation]
    public virtual object[] InputObject { get; set; } = [];

    /// <inheritdoc/>
    protected sealed override void Process()
    {
        foreach (var name in Image)
        {
            Each(() => ProcessImage(ImageNames.Parse(name, FullPath)));
        }

        foreach (var input in InputObject)
        {
            Each(() =>
            {
                switch (input)
                {
                    case PatchException fault:
                        throw fault;
                    case string name:
                        ProcessImage(ImageNames.Parse(name, FullPath));
                        break;
                    default:
                        ProcessRecord(PipelineRecord.From(input));
                        break;
                }
            });
        }
    }

    /// <summary>The work for one image by name.</summary>
    protected abstract void ProcessImage(ImageReference image);

    /// <summary>The work for one record.</summary>
    protected abstract void ProcessRecord(PipelineRecord record);
}
